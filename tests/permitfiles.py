"""Tables of permits as offices keep them, invented, in every form that the batch check reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

HEADERS = {
    "permit_no": "建设工程规划许可证号",
    "project": "项目名称",
    "phase": "分期",
    "applicant": "建设单位",
    "issued_on": "发证日期",
    "residential_floor_area_m2": "住宅总建筑面积（㎡）",
    "in_urban_area": "是否城区",
    "households": "户数",
    "room_areas_m2": "养老用房面积（㎡）",
}


def permit_table(rows: int, *, seed: int = 7) -> pd.DataFrame:
    """Permits of five years with none to two rooms; some days, areas and flags are missing, some projects phased."""
    rng = np.random.default_rng(seed)
    areas = np.round(rng.uniform(3_000, 300_000, rows), 2)
    first, second = np.round(rng.uniform(100, 2_000, (2, rows)), 1)
    rooms = [("", f"{a}", f"{a};{b}")[kind] for kind, a, b in zip(rng.integers(0, 3, rows), first, second, strict=True)]
    days = pd.Timestamp("2022-06-01") + pd.to_timedelta(rng.integers(0, 1_500, rows), unit="D")
    projects = [f"项目{number:05d}" for number in rng.integers(0, max(rows * 3 // 4, 1), rows)]
    return pd.DataFrame(
        {
            "permit_no": [f"建字第4310022024{number:06d}号" for number in range(rows)],
            "project": projects,
            "phase": [f"{number}期" for number in range(rows)],
            "applicant": [f"{name}置业有限公司" for name in projects],
            "issued_on": np.where(rng.random(rows) < 0.02, "", days.strftime("%Y-%m-%d")),
            "residential_floor_area_m2": areas,
            "in_urban_area": rng.choice(["是", "是", "是", "否", ""], rows),
            "households": (areas / 112).astype(int),
            "room_areas_m2": rooms,
        }
    )


def write_xlsx(table: pd.DataFrame, path: Path, *, title: str | None = None, total: bool = False) -> None:
    """Write a table with Chinese headers; with a title over all columns and a row of totals where asked for."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("许可证")
    if title:
        sheet.append([title])
    sheet.append([HEADERS[name] for name in table.columns])
    for row in table.itertuples(index=False):
        sheet.append([None if cell == "" else cell for cell in row])
    if total:
        areas = table["residential_floor_area_m2"].sum()
        sheet.append(
            ["合计", *(float(areas) if name == "residential_floor_area_m2" else None for name in table.columns[1:])]
        )
    book.save(path)


def write_gbk(table: pd.DataFrame, path: Path) -> None:
    """Write a table as Chinese Excel saves csv."""
    table.rename(columns=HEADERS).to_csv(path, index=False, encoding="gb18030")
