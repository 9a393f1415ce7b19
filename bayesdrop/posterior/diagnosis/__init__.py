"""Has it converged, and what is wrong if not?"""
