"""Code that tests share: a clock moved by hand, servers, fake peers, real programs."""
