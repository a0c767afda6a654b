"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const state = { metric: data.metrics.length ? data.metrics[0].name : "", hidden: new Set() };

const AXIS = { zeroline: false, nticks: 8, automargin: true, fixedrange: true, tickfont: { size: 12 }, title: { standoff: 8 } };
const PLACES = ["top center", "bottom center", "middle right", "middle left"];
const CONFIG = { displayModeBar: false, responsive: true };

function layout(x, y) {
  return {
    showlegend: false, dragmode: false, hovermode: "closest", margin: { l: 52, r: 12, t: 6, b: 46 },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 13 },
    xaxis: { ...AXIS, ...x }, yaxis: { ...AXIS, ...y },
  };
}

function band(curve, line) {
  const edge = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", x: curve.x };
  return [
    { ...edge, y: curve.low },
    { ...edge, y: curve.high, fill: "tonexty", fillcolor: line.colour + "2b" },
  ];
}

function drawCurves() {
  const metric = data.metrics.find((one) => one.name === state.metric);
  data.panels.forEach((panel, number) => {
    const traces = [];
    data.lines.forEach((line, index) => {
      const curve = panel.curves[index] && panel.curves[index][metric.name];
      if (!curve || state.hidden.has(index) || (line.reference && metric.target)) return;
      if (curve.low) traces.push(...band(curve, line));
      traces.push({
        x: curve.x, y: metric.target ? curve.y.map((count) => (count === 0 ? 0.5 : count)) : curve.y, text: curve.hover, hovertemplate: "%{text}<extra></extra>",
        mode: line.reference ? "lines" : "lines+markers",
        line: { color: line.colour, width: 2, dash: line.reference ? "dash" : "solid" },
        marker: { symbol: line.symbol, size: 8, color: line.colour },
      });
      if (line.reference) return;
      panel.beside[index][metric.name].forEach((other) => traces.push({
        x: other.x, y: metric.target ? other.y.map((count) => (count === 0 ? 0.5 : count)) : other.y,
        text: other.hover, hovertemplate: "%{text}<extra></extra>", mode: "lines+markers",
        line: { color: line.colour, width: 2, dash: "dot" },
        marker: { symbol: line.symbol + "-open", size: 9, color: line.colour },
      }));
    });
    if (metric.target && panel.truth[metric.name]) {
      traces.push({
        ...panel.truth[metric.name], mode: "lines", line: { color: data.grey, width: 2, dash: "dot" },
        hovertemplate: "labelled: %{y}<extra></extra>",
      });
    }
    const y = metric.target
      ? { type: "log", title: { text: "cell count, all patches" }, dtick: 1 }
      : { ...(metric.is_share ? { range: [-0.02, 1.02] } : { rangemode: "tozero" }), title: { text: metric.axis_label } };
    Plotly.react("curve-" + number, traces, layout({ type: panel.scale, title: { text: panel.axis } }, y), CONFIG);
  });
  document.getElementById("curve-note").textContent = metric.note;
}

function drawPaths() {
  data.panels.forEach((panel, number) => {
    const traces = [];
    data.lines.forEach((line, index) => {
      const path = panel.paths[index];
      if (!path || state.hidden.has(index)) return;
      traces.push({
        x: path.x, y: path.y, customdata: path.hover, hovertemplate: "%{customdata}<extra></extra>",
        mode: "lines+markers+text", text: path.marks, textposition: PLACES[index % PLACES.length], textfont: { size: 10 }, cliponaxis: false,
        line: { color: line.colour, width: 1.5 },
        marker: { symbol: path.x.map((_, place) => line.symbol + (place ? "" : "-open")), size: 8, color: line.colour },
      });
    });
    const range = [-0.03, 1.08];
    Plotly.react(
      "path-" + number, traces,
      layout({ range, title: { text: "mean recall" } }, { range, title: { text: "mean precision" } }), CONFIG,
    );
  });
}

function showExample() {
  const strip = data.strips[Number(document.querySelector("[name=strip]:checked").value)];
  const slider = document.getElementById("intensity");
  slider.max = strip.steps.length - 1;
  const step = strip.steps[Math.min(Number(slider.value), strip.steps.length - 1)];
  slider.setAttribute("aria-valuetext", step.condition);
  document.getElementById("intensity-told").textContent = step.condition;
  document.querySelectorAll("#tiles .photo").forEach((image) => { image.src = step.photo; });
  document.getElementById("tile-photo").alt = "The patch under " + strip.artefact + ", " + step.condition;
  document.querySelectorAll("#tiles .mask").forEach((image, index) => { image.src = step.masks[index]; });
  document.querySelectorAll("#tiles figure").forEach((tile, index) => {
    const outlines = tile.querySelector(".outlines"), cells = index && step.cells[index - 1];
    if (!outlines) return;
    outlines.src = cells.outlines;
    outlines.alt = "Prediction of " + data.names[index - 1] + ", cells: " + cells.fates;
    tile.querySelector(".fates").textContent = cells.fates;
  });
  document.querySelectorAll("#tiles .told").forEach((note, index) => { note.textContent = step.captions[index]; });
}

document.addEventListener("keydown", (event) => {
  document.body.classList.toggle("hush", event.key === "Escape");
});
document.addEventListener("pointermove", () => document.body.classList.remove("hush"));
if (data.panels.length) {
  document.querySelectorAll("[name=metric]").forEach((radio) => {
    radio.addEventListener("change", () => { state.metric = radio.value; drawCurves(); });
  });
  document.querySelectorAll("[name=shown]").forEach((box) => {
    box.addEventListener("change", () => {
      state.hidden[box.checked ? "delete" : "add"](Number(box.value));
      drawCurves();
      if (document.getElementById("path-0")) drawPaths();
    });
  });
  drawCurves();
  if (document.getElementById("path-0")) drawPaths();
}
if (data.strips.length) {
  document.getElementById("intensity").addEventListener("input", showExample);
  document.querySelectorAll("[name=strip]").forEach((radio) => {
    radio.addEventListener("change", () => { document.getElementById("intensity").value = 0; showExample(); });
  });
  showExample();
}
