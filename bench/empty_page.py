"""What the pages are held against: Streamlit itself, with one chart and nothing else."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

st.set_page_config(layout="wide")
st.plotly_chart(go.Figure(go.Scatter(y=[1.0, 3.0, 2.0])))
