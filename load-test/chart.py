"""A bar chart as SVG, for a page of Markdown."""

from xml.sax.saxutils import escape

COLOURS = {"ours": "#1f6feb", "exact": "#6e7781", "wrong": "#d1572e"}
WIDTH, NAMES, FIGURES, BAR, GAP = 860, 170, 150, 18, 6


def bar_chart(panels, legend):
    """
    `panels`: (title, [(name, value, label, colour)…]), one below the other, each with a scale of its own from 0.
    `legend`: (colour, meaning). A colour is a key of COLOURS.
    """
    parts, y = [], 24
    for title, bars in panels:
        parts.append(text(16, y, title, weight="bold"))
        y += 14
        largest = max(value for _, value, _, _ in bars)
        for name, value, label, colour in bars:
            length = (WIDTH - NAMES - FIGURES) * value / largest
            parts.append(text(NAMES - 8, y + BAR - 5, name, anchor="end"))
            parts.append(f'<rect x="{NAMES}" y="{y}" width="{max(length, 1):.1f}" height="{BAR}" fill="{COLOURS[colour]}"/>')
            parts.append(text(NAMES + length + 6, y + BAR - 5, label))
            y += BAR + GAP
        y += 26
    x = NAMES
    for colour, meaning in legend:
        parts.append(f'<rect x="{x}" y="{y - 11}" width="12" height="12" fill="{COLOURS[colour]}"/>')
        parts.append(text(x + 18, y, meaning))
        x += 30 + 7 * len(meaning)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 16}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{y + 16}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def text(x, y, content, anchor="start", weight="normal"):
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" fill="#1f2328">{escape(content)}</text>'
