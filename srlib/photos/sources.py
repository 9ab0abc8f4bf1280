"""Where the photo sets of the literature are, who made them, and what may be done with them."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["SOURCES", "Source"]


@dataclass(frozen=True)
class Source:
    """A photo set that somebody else publishes.

    Parameters
    ----------
    name
        The name of the set and of its folder.
    images
        How many image files the set has.
    urls
        Addresses of one and the same archive; the first that answers is used.
    licence
        What may be done with the photographs.
    citation
        Whom to cite.
    size
        Bytes of the archive, or None where they are not known for certain.
    about
        What to tell a reader about the size where `size` is None.
    digest
        ``"sha256:…"`` or ``"md5:…"`` of the archive, or None where nobody has published one.
    files
        Patterns of the paths in the archive that make the set. As `pathlib.PurePath.match` does,
        they are compared from the right: ``"91/*"`` is any file in any folder named 91.
    by_hand
        What to do instead, for a set that `srlib.download` cannot fetch.
    """

    name: str
    images: int
    urls: tuple[str, ...]
    licence: str
    citation: str
    size: int | None = None
    about: str = "size not known"
    digest: str | None = None
    files: tuple[str, ...] = ("*",)
    by_hand: str = ""

    def __str__(self) -> str:
        if self.size is None:
            size = self.about
        else:
            size = f"{self.size / 1e9:.2f} GB" if self.size >= 1e9 else f"{self.size / 1e6:.0f} MB"
        return f"{self.name} ({self.images:,} images; {size}; licence: {self.licence})"

    def hand(self, folder: Path | str) -> str:
        """How to put the set into `folder` without `srlib.download`, as half a sentence."""
        origin = self.by_hand or f"they come from {self.urls[0]}"
        return f"put its image files directly into the folder {folder} by hand: {origin}"

    def how_to_get(self, folder: Path | str) -> str:
        """What to tell a reader who wants the set and does not have it in `folder`."""
        way = "" if self.by_hand else f"run `srlib download {self.name}`, or "
        return f"the photo set {self} is not on this machine: {way}{self.hand(folder)}"


BENCHMARK = "https://huggingface.co/datasets/eugenesiow/{0}/resolve/main/data/{0}_HR.tar.gz"
DIV2K = {
    "licence": "academic research only; the copyright stays with the photographers",
    "citation": "Agustsson and Timofte, NTIRE 2017 Challenge on Single Image Super-Resolution: "
    "Dataset and Study, CVPR Workshops 2017",
}

# Sizes and hashes are those of DIV2K's and COCO's entries in TensorFlow Datasets, of MIRFLICKR's
# page and of DeepInverse's Urban100. BSDS500's size is that of its server. Others are not known.
_SETS = (
    Source(
        name="Set5",
        images=5,
        urls=(BENCHMARK.format("Set5"),),
        licence="academic use",
        citation="Bevilacqua, Roumy, Guillemot and Alberi-Morel, Low-Complexity Single-Image "
        "Super-Resolution Based on Nonnegative Neighbor Embedding, BMVC 2012",
        about="852 kB",
    ),
    Source(
        name="Set14",
        images=14,
        urls=(BENCHMARK.format("Set14"),),
        licence="academic use",
        citation="Zeyde, Elad and Protter, On Single Image Scale-Up Using Sparse-Representations, "
        "Curves and Surfaces 2010",
        about="5 MB",
    ),
    Source(
        name="BSD100",
        images=100,
        urls=(BENCHMARK.format("BSD100"),),
        licence="non-commercial research and education",
        citation="Martin, Fowlkes, Tal and Malik, A Database of Human Segmented Natural Images "
        "and Its Application to Evaluating Segmentation Algorithms, ICCV 2001",
    ),
    Source(
        name="Urban100",
        images=100,
        urls=(BENCHMARK.format("Urban100"),),
        licence="CC BY 4.0",
        citation="Huang, Singh and Ahuja, Single Image Super-Resolution from Transformed "
        "Self-Exemplars, CVPR 2015",
        about="135 MB",
        digest="md5:65d9d84a34b72c6f7ca1e26a12df1e4c",
    ),
    Source(
        name="DIV2K",
        images=800,
        urls=("https://data.vision.ee.ethz.ch/cvl/DIV2K/DIV2K_train_HR.zip",),
        size=3_530_603_713,
        digest="sha256:9d0b9c463f6e35b6c62cc6a930ee2224f670b34c1df841a57670f9acf0f6c335",
        **DIV2K,
    ),
    Source(
        name="DIV2K-valid",
        images=100,
        urls=("https://data.vision.ee.ethz.ch/cvl/DIV2K/DIV2K_valid_HR.zip",),
        size=448_993_893,
        digest="sha256:20dd31fd84d777bc1cf5d6b7654a3f569c0aec74458ae094122ad1d0489900fc",
        **DIV2K,
    ),
    # The third split of BSDS500, `val`, is BSD100: whoever trains on this set may test on that one.
    Source(
        name="BSDS500-train",
        images=400,
        urls=(
            "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/"
            "BSR_bsds500.tgz",
            "http://www.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz",
        ),
        licence="non-commercial research and education",
        citation="Arbeláez, Maire, Fowlkes and Malik, Contour Detection and Hierarchical Image "
        "Segmentation, TPAMI 2011",
        size=70_763_455,
        files=("images/train/*.jpg", "images/test/*.jpg"),
    ),
    Source(
        name="T91",
        images=91,
        urls=("https://cv.snu.ac.kr/research/VDSR/train_data.zip",),
        licence="none stated",
        citation="Yang, Wright, Huang and Ma, Image Super-Resolution via Sparse Representation, "
        "TIP 2010",
        files=("91/*",),
    ),
    Source(
        name="MIRFLICKR25k",
        images=25_000,
        urls=("https://press.liacs.nl/mirflickr/mirflickr25k.v3b/mirflickr25k.zip",),
        licence="Creative Commons, chosen by each photographer",
        citation="Huiskes and Lew, The MIR Flickr Retrieval Evaluation, MIR 2008",
        size=3_069_184_257,
        digest="md5:a23d0a8564ee84cda5622a6c2f947785",
        files=("im*.jpg",),
    ),
    Source(
        name="Linnaeus5",
        images=8_000,
        urls=("http://chaladze.com/l5/",),
        licence="none stated; the photographs are from pixabay.com",
        citation="Chaladze and Kalatozishvili, Linnaeus 5 Dataset for Machine Learning, 2017",
        by_hand="it is published as a .rar archive, which Python cannot unpack; fetch "
        "“Linnaeus 5 256X256” from http://chaladze.com/l5/, unpack it, and begin each file name "
        "with the split and class that it lies in, because names repeat",
    ),
    Source(
        name="COCO-val2017",
        images=5_000,
        urls=("http://images.cocodataset.org/zips/val2017.zip",),
        licence="each photograph keeps the terms it has on Flickr",
        citation="Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014",
        size=815_585_330,
        digest="sha256:4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05",
    ),
)

SOURCES: dict[str, Source] = {source.name: source for source in _SETS}
