"""What the runs need of the outside, as protocols; `bootstrap` says what stands behind them."""
