from gpu_runtime.engine import Engine, Limits

_FILM = "gpu_runtime.models.film"

finish = Engine(
    name="finish",
    task="finish_segment",
    revision=1,
    implementation=f"{_FILM}.finish:finish_segment",
    summary="Brings a take to the film's size and rate and draws the slate over it.",
    limits=Limits(size_multiple=2, min_size=64),
    libraries=("av", "numpy", "pillow", "reportlab"),
    seconds_per_frame=0.015,
)

still = Engine(
    name="still",
    task="extract_still",
    revision=1,
    implementation=f"{_FILM}.still:extract_still",
    summary="Takes one frame out of a take.",
    libraries=("av", "numpy", "pillow"),
)

assemble = Engine(
    name="assemble",
    task="assemble_film",
    revision=1,
    implementation=f"{_FILM}.assemble:assemble_film",
    summary="Joins segments, mixes the sound, adds captions; H.264 and AAC in MP4.",
    libraries=("av", "numpy"),
)

storyboard = Engine(
    name="storyboard",
    task="draw_storyboard",
    revision=1,
    implementation=f"{_FILM}.storyboard:draw_storyboard",
    summary="Storyboard as PDF and as a contact sheet.",
    libraries=("av", "numpy", "pillow", "reportlab"),
)

timeline = Engine(
    name="timeline",
    task="export_timeline",
    revision=1,
    implementation=f"{_FILM}.timeline:export_timeline",
    summary="OpenTimelineIO.",
    libraries=("opentimelineio",),
)

sheets = Engine(
    name="sheets",
    task="export_sheets",
    revision=1,
    implementation=f"{_FILM}.sheets:export_sheets",
    summary="Breakdown and shot list as CSV.",
)
