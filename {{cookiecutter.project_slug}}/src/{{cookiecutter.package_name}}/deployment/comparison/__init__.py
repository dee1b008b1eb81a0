"""Level 3, the A/B test that decides: a challenger beside the champion, judged at any time, as often as one likes."""
