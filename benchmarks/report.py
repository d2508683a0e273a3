"""How every benchmark speaks: a table for people, one JSON object of figures for scripts."""

import argparse
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    value: float
    unit: str
    note: str = ""


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def print_figures(figures: dict[str, Figure], as_json: bool) -> None:
    if as_json:
        shown = {
            name: {"value": round(figure.value, 4), "unit": figure.unit}
            for name, figure in figures.items()
        }
        print(json.dumps(shown))
        return
    width = max(len(name) for name in figures)
    for name, figure in figures.items():
        print(f"{name:{width}}  {figure.value:10.3f} {figure.unit:12} {figure.note}".rstrip())
