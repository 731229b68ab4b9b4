"""The rows as a Markdown table, as JSON and as a chart."""
import html, json


def figure(value, unit):
    if unit == "req/s":
        return f"{value:,.0f}"
    return f"{value:,.2f} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def table(rows):
    lines = ["| case | usersd | against | there | ratio or figure | target | |", "|---|--:|---|--:|--:|--:|---|"]
    for row in rows:
        there = "" if row.theirs is None else figure(row.theirs, row.unit)
        value = f"**{row.value:.2f}**" if row.theirs is not None else ""
        target = end = ""
        if row.target is not None:
            target = f"{'≥' if row.at_least else '≤'} {row.target:g}"
            target += "" if row.theirs is not None else f" {row.unit}"
            end = "met" if row.is_met else "**missed**"
        lines.append(f"| {row.case} | {figure(row.ours, row.unit)} | {row.against} | {there} | {value} | {target} | "
                     f"{end} |")
    return "\n".join(lines)


def document(rows, machine, options):
    return json.dumps({
        "machine": machine, "rounds": options.rounds, "seconds": options.seconds,
        "rows": [vars(row) | {"value": row.value, "met": row.is_met} for row in rows]}, indent=2) + "\n"


def chart(rows, machine):
    """Bars of how far each row is beyond its target, on a logarithmic axis: 1 is the target."""
    import math

    rows = [row for row in rows if row.target is not None]
    left, width, height, step = 430, 430, 40, 26
    bars, top = [], 64
    for index, row in enumerate(rows):
        share = row.value / row.target if row.at_least else row.target / row.value
        share = min(max(share, 0.1), 10)
        length = (math.log10(share) + 1) / 2 * width
        y = top + index * step
        label = html.escape(f"{row.case}" + (f" / {row.against}" if row.theirs is not None else ""))
        bars.append(
            f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{label[:78]}</text>'
            f'<rect x="{left}" y="{y}" width="{length:.1f}" height="18" fill="{"#2f7d4f" if row.is_met else "#b5482f"}"/>'
            f'<text x="{left + length + 6:.1f}" y="{y + 13}">{row.value:.2f} ({"≥" if row.at_least else "≤"} '
            f'{row.target:g})</text>')
    bottom = top + len(rows) * step
    axis = "".join(
        f'<line x1="{left + (math.log10(tick) + 1) / 2 * width:.1f}" x2="{left + (math.log10(tick) + 1) / 2 * width:.1f}"'
        f' y1="{top - 8}" y2="{bottom}" stroke="{"#222" if tick == 1 else "#ccc"}"/>'
        f'<text x="{left + (math.log10(tick) + 1) / 2 * width:.1f}" y="{top - 14}" text-anchor="middle">{tick:g}</text>'
        for tick in (0.1, 0.5, 1, 2, 5, 10))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 {bottom + height}" '
        'font-family="sans-serif" font-size="12">'
        f'<rect width="1000" height="{bottom + height}" fill="white"/>'
        f'<text x="12" y="22" font-size="15">usersd against its targets: right of 1 is better ({html.escape(machine)})'
        f'</text>{axis}{"".join(bars)}</svg>\n')
