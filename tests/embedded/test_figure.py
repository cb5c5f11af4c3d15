"""The demo's picture: well-formed, accessible, self-contained, and nothing on top of anything."""

import re
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fedmarket.embedded.figure import LABEL_GAP, draw
from fedmarket.embedded.report import Comparison, ProviderLine, Quality, RoundLine, TaskReport
