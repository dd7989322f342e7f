"""The colours of all figures."""

# Okabe and Ito's colours: told apart by colour-blind eyes and in grey print.
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
