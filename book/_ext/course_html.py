"""Sphinx extension: HTML that needs no server but its own, and that a screen reader understands.

Math becomes MathML, which every current browser draws by itself and hands to a screen reader: no
script, no web font, no server that provides them.
"""

import re
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

logger = logging.getLogger(__name__)


def to_mathml(node, display):
    """The node's LaTeX as a ``<math>`` element; what the converter does not know is a warning."""
    element = convert(node.astext(), display=display)
    if "<mi>&</mi>" in element or "<mi>\\" in element:
        logger.warning("no MathML for this LaTeX: %s", node.astext(), location=node)
    return element


def visit_math(self, node):
    """Write inline math."""
    self.body.append(to_mathml(node, "inline"))
    raise nodes.SkipNode


def visit_math_block(self, node):
    """Write displayed math, with its number; where it is too wide, it can be scrolled by key."""
    self.body.append(self.starttag(node, "div", CLASS="math", TABINDEX=0))
    if node["number"]:
        self.body.append(f'<span class="eqno">({node["number"]})</span>')
    self.body.append(to_mathml(node, "block") + "</div>\n")
    raise nodes.SkipNode


def mend_roles(_app, _page, _template, context, _doctree):
    """Make a bibliography's entries items of its list; docutils gives them a deprecated role."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def lead_to_copies(app, _page, _template, context, _doctree):
    """Let the button for Colab open the copies that install the library; see `tools/colab.py`."""
    branch = app.config.html_theme_options.get("repository_branch")
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button["text"] == "Colab":
                button["url"] = button["url"].replace(f"/blob/{branch}/", "/blob/colab/")


def add_card(app, _exception):
    """Give the site's own address, which leads on to the first page, the card of that page."""
    index = Path(app.outdir, "index.html")
    if app.config.html_baseurl and index.exists():
        first = Path(app.outdir, f"{app.config.root_doc}.html").read_text(encoding="utf-8")
        card = re.findall('<meta property="og:[^>]*>', first)
        index.write_text("\n".join([*card, index.read_text(encoding="utf-8")]), encoding="utf-8")


def setup(app):
    """Register the math renderer under the name ``mathml``."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.connect("html-page-context", mend_roles)
    app.connect("html-page-context", lead_to_copies, priority=900)  # once there are buttons
    app.connect("build-finished", add_card, priority=900)  # once there is such a page
    return {"parallel_read_safe": True, "parallel_write_safe": True}
