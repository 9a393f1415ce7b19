"""BlackJAX's ready-made samplers on the density that bayesdrop's samplers move on."""
