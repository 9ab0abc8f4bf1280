"""Sphinx extension: math as MathML.

Every current browser draws MathML itself and hands it to a screen reader, so the book needs no math
script, no web font and no server that provides them.
"""

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging

logger = logging.getLogger(__name__)


def to_mathml(node, display):
    """The node's LaTeX as a ``<math>`` element; a construct that the converter lacks is a warning."""
    element = convert(node.astext(), display=display)
    if "<mi>&</mi>" in element or "<mi>\\" in element:
        logger.warning("no MathML for this LaTeX: %s", node.astext(), location=node)
    return element


def visit_math(self, node):
    """Write inline math."""
    self.body.append(to_mathml(node, "inline"))
    raise nodes.SkipNode


def visit_math_block(self, node):
    """Write displayed math, with its number where it has a label."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({node["number"]})</span>')
    self.body.append(to_mathml(node, "block") + "</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Register the renderer under the name ``mathml``."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
