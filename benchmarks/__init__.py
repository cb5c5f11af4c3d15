"""Figures of this project: each script compares in one run and writes JSON, from which the page is made.

All run on one thread of the linear algebra library: what is compared is work, whatever cores are idle.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
