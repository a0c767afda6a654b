"""What the camera adds and takes: photons, electronics, digitising."""
