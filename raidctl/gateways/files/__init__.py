"""Files to attach: from this machine or the network, whole and within limits, or not at all."""
