"""How the course is cited, from the one place that says it: ``CITATION.cff``."""

import yaml
from pybtex.database import BibliographyData, Entry

__all__ = ["citations"]


def citations(cff, repository):
    """What to write into a list of references, as a line and for BibTeX, in Markdown.

    Parameters
    ----------
    cff
        The text of the citation file.
    repository
        The address of the repository; empty where nobody knows it.
    """
    work = yaml.safe_load(cff)
    authors = [
        author.get("name") or f"{author['family-names']}, {author['given-names']}"
        for author in work["authors"]
    ]
    who = ", & ".join(filter(None, [", ".join(authors[:-1]), authors[-1]]))
    year = work["date-released"].year
    # As code, because the theme shortens addresses.
    line = (
        f"{who} ({year}). *{work['title']}* (Version {work['version']}) "
        f"[Computer software]. {f'`{repository}`' if repository else ''}"
    )
    # An organisation is one name, not first and last ones.
    names = [
        f"{{{name}}}" if "name" in author else name
        for name, author in zip(authors, work["authors"], strict=True)
    ]
    fields = {
        "author": " and ".join(names),
        "title": f"{{{work['title']}}}",
        "year": str(year),
        "version": str(work["version"]),
    } | ({"url": repository} if repository else {})
    bibtex = BibliographyData({"srlib": Entry("software", fields)}).to_string("bibtex")
    return f"> {line.strip()}\n\nFor BibTeX:\n\n```bibtex\n{bibtex.strip()}\n```\n"
