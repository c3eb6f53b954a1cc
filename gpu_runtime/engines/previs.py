from gpu_runtime.engine import Engine, Limits

_NEURAL = frozenset(
    {"negative_prompt", "control", "regions", "first_frame", "references", "adapters", "steps", "guidance"}
)

previs = Engine(
    name="previs",
    task="generate_shot",
    revision=1,
    implementation="gpu_runtime.models.previs.engine:generate_shot",
    summary="Ray-cast previs: sets, posed mannequins, a real camera; no weights, any CPU.",
    limits=Limits(size_multiple=2, min_size=64),
    ignores=_NEURAL | {"prompt"},
    libraries=("torch", "numpy", "av"),
    seconds_per_frame=0.03,
)

previs_passes = Engine(
    name="previs-passes",
    task="render_pass",
    revision=1,
    implementation="gpu_runtime.models.previs.engine:render_pass",
    summary="Depth, normals, albedo and object ids of a previs take, from its scene data.",
    libraries=("torch", "numpy"),
    seconds_per_frame=0.03,
)
