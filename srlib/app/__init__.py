"""A page on which one enlarges a photograph, for people who want no shell and no notebook."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"widgets": ["page"]})
