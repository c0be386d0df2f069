"""The two buttons below a table: CSV and Excel. Nothing is built, read or noted before the click."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from app_pages import _data, _export, _who, _words

WORDS: Mapping[_export.Format, str] = {"csv": "下载 CSV", "xlsx": "下载 Excel"}


def frame(
    data: pd.DataFrame,
    name: str,
    *,
    labels: Mapping[str, str] | None = None,
    filters: Mapping[str, object] | None = None,
) -> None:
    """Buttons for a table that the screen shows; whoever may read may take it, and the log says so.

    Args:    name: id of the table in ASCII, once on a page; labels: column -> its header in the workbook (default: the
             data dictionary, then the words of charts). The CSV keeps the columns' names. filters: what the reader
             narrowed the table to, told on the sheet 说明.
    """
    columns = [str(column) for column in data.columns]
    told = {**_words.FIELDS, **(labels or {})}

    def make() -> _export.Rows:
        return ({str(key): value for key, value in row.items()} for row in data.to_dict("records"))

    rows(name, columns, make, labels=told, filters=filters, count=len(data), on_screen=True)


def rows(
    name: str,
    columns: Sequence[str],
    make: Callable[[], _export.Rows],
    *,
    labels: Mapping[str, str] | None = None,
    filters: Mapping[str, object] | None = None,
    kept: Mapping[str, object] | None = None,
    count: int | None = None,
    on_screen: bool = False,
    chinese: bool = True,
    help: str | None = None,
) -> None:
    """Buttons for rows that `make` gives when one is pressed, each with every one of `columns`.

    Args:    chinese: headers of the workbook, else the columns' own names; kept: what the audit log keeps of the
             filters (default: `filters`); on_screen: everybody who may read sees these rows anyway, else the role
             must permit exporting.
    """
    stamp, actor = _export.meta(name, filters), _who.here()
    noted = filters if kept is None else kept

    def button(form: _export.Format) -> None:
        def made() -> bytes:
            return _export.file(form, make(), columns, stamp, labels, chinese=chinese)

        st.download_button(
            WORDS[form],
            data=lambda: _export.taken(actor, name, made, noted, rows=count, on_screen=on_screen),
            file_name=stamp.filename(_data.today(), form),
            mime=_export.MIME[form],
            key=f"{form}_{name}",
            on_click="ignore",
            help=help,
        )

    with st.container(horizontal=True, gap="small"):
        for form in WORDS:
            button(form)
