"""The three artefacts of the paper, exactly as published: noise, illumination, cell size."""
