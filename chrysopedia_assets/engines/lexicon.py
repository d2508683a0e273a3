"""Closed word lists of spoken English: what carries no topic, what is no noun, what is an instruction.

What belongs here: words of any tutorial, whatever its subject. What does not: words of one field (the taxonomy
holds those) and the rules that use the lists.
"""


def words_of(text: str) -> frozenset[str]:
    """A word list written as text."""
    return frozenset(text.split())


STOP_WORDS = words_of(
    """
    a an the this that these those here there and or but nor so yet if then else than because since while until
    unless although though whereas as at by for from in into of off on onto out over to under up down with within
    without about above across after against along among around before behind below beneath beside between beyond
    during except inside near outside past per through throughout toward towards upon via is am are was were be been
    being do does did done doing have has had having will would shall should can could may might must ought i me my
    mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself
    it its itself they them their theirs themselves who whom whose which what when where why how whatever whichever
    whenever wherever all any both each few more most much many other others another some such no not only own same
    too very just also even still again once ever never always often sometimes usually maybe perhaps almost already
    yes yeah yep yup nope ok okay oh ah uh um erm er hmm mm huh hey hi hello wow whoa ooh ugh hehe haha well now
    really actually basically literally honestly obviously simply quite rather pretty bit little lot lots kind sort
    kinda sorta gonna wanna gotta lemme gimme like right today tonight tomorrow yesterday etc ie eg per let lets
    thing things stuff something anything nothing everything someone anyone everyone nobody everybody somebody
    way ways one ones two three four five six seven eight nine ten eleven twelve hundred thousand half first second
    third last next don doesn didn isn aren wasn weren won wouldn couldn shouldn can't cannot ain haven hasn hadn
    ll ve re em cause cuz till plus minus us via vs however therefore instead anyway otherwise either neither people guy guys dude bro boom baby mate man
    """
)

# Verbs and their forms, found in speech on any subject: never a topic, never the end of a title.
VERBS = words_of(
    """
    go goes going went gone get gets getting got gotten make makes making made take takes taking took taken come
    comes coming came know knows knowing knew known think thinks thinking thought see sees seeing saw seen want wants
    wanting wanted look looks looking looked use uses using used find finds finding found give gives giving gave
    given tell tells telling told ask asks asking asked try tries trying tried need needs needing needed feel feels
    feeling felt become becomes became leave leaves leaving left put puts putting mean means meaning meant keep keeps
    keeping kept begin begins beginning began begun help helps helping helped show shows showing showed shown hear
    hears hearing heard play plays playing played run runs running ran move moves moving moved live lives believe
    believes happen happens happening happened write writes writing wrote written sit sits sitting sat stand stands
    lose loses lost pay pays paid meet meets include includes including continue set sets setting learn learns
    learning learned change changes changing changed lead leads understand understands understood watch watches
    watching watched follow follows following followed stop stops stopping stopped create creates creating created
    speak speaks read reads spend spends spent grow grows open opens opening opened walk win wins teach offer
    remember remembers love loves loved consider appear buy bought wait waits waiting serve die send sends sending
    sent expect build builds building built stay stays staying stayed fall falls falling fell cut cuts cutting reach
    kill remain suggest raise raises pass sell require report decide decides decided pull pulls pulling pulled push
    pushes pushing pushed bring brings bringing brought turn turns turning turned start starts starting started
    talk talks talking talked say says saying said like likes liked let lets call calls called hold holds holding
    held click clicks clicking clicked drag drags dragging dragged add adds adding added pick picks picking picked
    choose chooses choosing chose grab grabs grabbing grabbed hit hits hitting guess guys please thank thanks enjoy
    enjoying subscribe subscribed hope hopes care wonder wonders notice notices noticed listen listens listening
    listened work works working worked ends ending ended sound sounds sounding sounded allow allows allowing
    allowed apply applies applied applying depend depends depending increase increases increasing increased decrease
    decreases decreasing decreased boost boosts boosting boosted lower lowers lowering lowered removing remove removes
    removed doing done explain explains explained introduce jump jumps jumping jumped fix fixes fixed fixing check
    checks checking checked matter matters throw throws threw done finish finishes finished seem seems seemed
    supposed trigger triggers triggered control controls controlling controlled process processes processed pop pops
    select selects selected automate automates adjust adjusts adjusted switch switches switched starts goes becomes
    calls gets keeps stuck save saves saved delete deletes deleting distort distorts compress compresses emphasize emphasise emphasizes
    distribute catch catches tune tunes slaps mute mutes duplicate duplicates quantize automate detune bounces screw
    forget forgets forgot dealt commit commits inspire begin drops drop dropped dropping covered cover focus focuses fit fits wrap breathe
    """
)

# Qualities and measures that may stand before a noun but say nothing alone.
QUALIFIERS = words_of(
    """
    good great nice cool awesome amazing beautiful lovely fun crazy weird bad terrible awful horrible perfect okay
    fine big small large huge tiny little long short high higher highest low lower lowest hard harder soft softer
    loud louder quiet quieter fast faster slow slower quick new old young same different similar other another main
    whole entire full empty real true false fake simple simpler simplest easy easier difficult important interesting
    certain specific particular special general basic normal usual common typical regular main major minor extra
    enough able ready sure clear right wrong left free early late later best better worse worst more less least
    most single double triple multiple several various exact exactly possible impossible necessary bright brighter
    dark darker warm cold hot clean dirty dry wet wide wider narrow deep deeper thin thick thicker fat flat sharp
    round rough smooth tight loose strong stronger weak heavy light gentle steep close far near top bottom front back
    side middle upper rest bunch couple number amount level kinds sorts types type kind sort piece pieces part parts
    time times day days week weeks month year years hour hours minute minutes moment second seconds evening morning
    night people guy person man woman folks friend friends somebody question questions answer problem problems idea
    ideas example examples case cases point points place places reason reasons fact word words name names video videos
    tutorial tutorials channel series episode link links description comment comments actual original final initial
    super totally completely absolutely definitely probably especially specifically immediately slightly quickly
    slowly easily finally together away apart ago instead almost alone quite around maybe hopefully technically
    naturally generally personally exactly normally practically basically everything random cheap expensive happy sad
    afraid sorry supposed favorite favourite boring classic dramatic dumb gnarly crispy shot job zone rule thumb deal
    trick tricks stage somewhere anywhere everywhere nowhere opinion scared sense mug magic spot face mind story
    every default half space sake db hz hertz ms millisecond milliseconds bpm khz percent bar bars beat beats bigger biggest smaller smallest effect effects instance sections section
    latest newest oldest accurate stupid complicated popular unique sick famous aware huge insane
    """
)

# Those of them that make a noun more telling: "high pass", "dry signal".
LEADING = words_of(
    """
    high higher low lower short long hard soft fast slow dry wet wide narrow deep thick thin dark bright warm cold
    clean dirty flat sharp tight side middle mid top bottom front back upper heavy light true double single second
    extra main fake gentle steep
    """
)

# Words that open an instruction: "set the attack", "pull it down".
ACTIONS = words_of(
    """
    add adjust align apply arm assign attach audition automate avoid balance blend boost bounce bring build bypass
    change check choose clean clip close combine commit compare compress control copy crank create
    crop cut decrease delay delete design detune dial disable distort divide double drag draw drop duck duplicate
    enable export fade filter flatten flip freeze glue group high-pass highpass import increase
    insert install invert isolate keep label layer leave limit link listen load lock loop lower low-pass lowpass
    map mark master match measure mix modulate mono mute name nudge paint pan pick pitch place play
    print program pull push put quantize quantise raise randomize record reduce refactor release remove render
    repeat replace resample reset return reverse ride roll rotate route run sample saturate save scale scroll select
    send separate set shape shift shorten sidechain slice smooth snap solo sort split stack start stop
    stretch sweep swap switch sync tap test tighten tilt transpose treat trim tune turn tweak type use validate
    warm warp widen wrap write zoom
    """
)

# Title words that stay lower-case inside a title.
SMALL_WORDS = words_of(
    "a an the and or but nor of in on at to by for from with as into onto over per via vs than if so"
)

# A title that ends with one of these was cut too short.
BAD_ENDINGS = (
    STOP_WORDS | words_of("going super around exactly completely slightly still called get make")
) - frozenset(
    [
        "first",
        "second",
        "third",
        "half",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "off",
        "on",
        "up",
        "down",
        "in",
        "out",
        "again",
        "before",
        "after",
        "last",
        "instead",
        "under",
        "twice",
        "through",
        "below",
        "above",
    ]
)

# A title that is too long may end before one of these.
CUT_BEFORE = words_of(
    "and to with in on for of from by at or into as like before after instead around over than through between that"
)

PRONOUNS = words_of(
    """
    i me my we us our you your he him his she her it its they them their this that these those one ones thing things
    stuff something everything anything nothing here there someone everybody what which who it's that's there's
    """
)
