"""The engine. It knows nothing of the dashboard; the dashboard asks `core.engine` and never touches torch.

Reading order, along the flow of an answer:

    networks/catalogue.py    open_network(name): a trained CNN, its layers, its preprocessing
    probes/catalogue.py      open_probe(name): images with annotations; the embedded world is in probes/menagerie
    networks/taps.py         see or change what layers emit; run only what comes after a layer
    methods/registry.py      a method is a function that declares itself; one paper, one file beside it
    measures/                how maps are scored: faithfulness, overlap, localisation, and why one is empty
    claims/                  what a paper claims beside what is measured here, with controls and verdicts
    sweep.py, statistics.py  one pass over a probe feeds any number of running statistics
    request.py, store.py     what is asked, and where answers are kept
    engine/                  answers: loaded, or computed and kept; answers.py is how, the others are what can be asked
    __main__.py              the command line
"""
