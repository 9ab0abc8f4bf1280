"""Sphinx extension: HTML that needs no server but its own, and that a screen reader understands.

Math becomes MathML, which every current browser draws by itself and hands to a screen reader: no
script, no web font, no server that provides them.

Figures and equations have their numbers in the lessons, where JupyterLab shows them too; here they
become targets, and "Figure 5.3" and "equation (5.1)" in the text of any page become links to them.
"""

import re
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

CAPTION = re.compile(r"<figcaption><strong>Figure (\d+)\.(\d+)\.")  # of srlib.display
TAG = re.compile(r"\s*\\tag\{(\d+)\.(\d+)\}")
REFERENCE = re.compile(r"([Ff]igure) (\d+)\.(\d+)|([Ee]quation) \((\d+)\.(\d+)\)")
# In these a link cannot be, or would not be read as text.
APART = nodes.reference, nodes.title, nodes.literal, nodes.FixedTextElement


class Numbers(SphinxTransform):
    """Make targets of numbered figures and equations, and links of what refers to them."""

    default_priority = 400

    def apply(self):
        """Change the document in place."""
        for raw in self.document.findall(nodes.raw):
            if number := CAPTION.search(raw.astext()):
                self.make_target(raw, "figure", *number.groups())
        for math in self.document.findall(nodes.math_block):
            if number := TAG.search(math.astext()):
                self.make_target(math, "equation", *number.groups())
                math["number"] = ".".join(number.groups())
                math[:] = [nodes.Text(TAG.sub("", math.astext()))]
        for text in list(self.document.findall(nodes.Text)):
            if not isinstance(text.parent, APART) and REFERENCE.search(text):
                text.parent.replace(text, list(self.linked(text)))

    def make_target(self, node, kind, lesson, count):
        """Name a node; Sphinx warns if two have one name."""
        node["names"].append(f"{kind}-{lesson}-{count}")
        self.document.note_explicit_target(node)

    def linked(self, text):
        """A text in pieces; Sphinx resolves what refers, and warns if there is no such target."""
        end = 0
        for found in REFERENCE.finditer(text):
            yield nodes.Text(text[end : found.start()])
            kind, lesson, count = filter(None, found.groups())
            yield addnodes.pending_xref(
                "",
                nodes.inline("", found[0]),
                refdomain="std",
                reftype="ref",
                reftarget=f"{kind.lower()}-{lesson}-{count}",
                refdoc=self.env.docname,
                refexplicit=True,
                refwarn=True,
            )
            end = found.end()
        yield nodes.Text(text[end:])


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
    app.add_transform(Numbers)
    app.connect("html-page-context", mend_roles)
    app.connect("html-page-context", lead_to_copies, priority=900)  # once there are buttons
    app.connect("build-finished", add_card, priority=900)  # once there is such a page
    return {"parallel_read_safe": True, "parallel_write_safe": True}
