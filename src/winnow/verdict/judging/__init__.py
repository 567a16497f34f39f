"""The judgement: tests, intervals, gates and waivers, from two models on the same test images."""
