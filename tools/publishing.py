"""The book's settings where it is known at which address it is published."""

from urllib.parse import urlsplit

import yaml

__all__ = ["at_home"]


def at_home(configuration, repository, branch):
    """The book's settings, as text, with buttons that lead to the repository.

    The address of GitHub's pages follows from the repository's, and Colab opens what GitHub has; a
    repository elsewhere has the other buttons only.
    """
    settings = yaml.safe_load(configuration)
    settings["repository"] = {"url": repository, "branch": branch}
    sphinx = settings["sphinx"]["config"]
    sphinx["html_theme_options"] |= {
        "repository_url": repository,
        "repository_branch": branch,
        "path_to_docs": "",
        "use_repository_button": True,
        "use_edit_page_button": True,
        "use_issues_button": True,
        "launch_buttons": {
            "binderhub_url": "https://mybinder.org",
            "notebook_interface": "jupyterlab",
        },
    }
    address = urlsplit(repository)
    if address.hostname == "github.com":
        owner, name = address.path.strip("/").removesuffix(".git").split("/")
        colab = {"colab_url": "https://colab.research.google.com"}  # opens tools/colab.py's copies
        sphinx["html_theme_options"]["launch_buttons"] |= colab
        sphinx["extensions"] += ["notfound.extension", "sphinx_sitemap", "sphinxext.opengraph"]
        sphinx |= on_pages(owner, name) | {"ogp_site_name": settings["title"]}
    return yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)


def on_pages(owner, name):
    """Settings for a page for addresses that do not exist, a sitemap, and cards on other sites."""
    home = f"https://{owner.lower()}.github.io/{name}/"
    return {
        "html_baseurl": home,
        "notfound_urls_prefix": f"/{name}/",
        "notfound_context": {
            "title": "No such page",
            "body": "<h1>No such page</h1><p>Nothing is at this address; a lesson may have been "
            f'renamed. The <a href="/{name}/">first page</a> lists all lessons, and the '
            f'<a href="/{name}/search.html">search</a> looks into them.</p>',
        },
        "sitemap_url_scheme": "{link}",
        "sitemap_excludes": ["404.html", "genindex.html", "search.html"],
        "ogp_site_url": home,
        "ogp_image": "_static/readme.png",
        "ogp_image_alt": "A cat's eye: the original, and enlarged by pixels, bicubic and SRCNN",
    }
