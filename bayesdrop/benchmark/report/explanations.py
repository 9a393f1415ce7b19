"""What a report says beside its numbers, for a reader who has never seen the project."""

HOW_TO_READ = (
    "A row is a model with a method of inference. It is fitted on several splits of a data set "
    "into training and test rows. A score is the mean over these splits, ± its standard error. "
    "Scores are of the test rows, in the target's own units. In each column the best row is bold. "
    "A row that lacks a split which others have can't be the best."
)
TESTS_NOTE = (
    "The splits share training rows, so ± is too small to compare rows by. The appendix has tests "
    "that correct for this. A small p-value there means that chance alone would rarely make such a "
    "difference. It does not mean that the difference is large."
)
RANKS_NOTE = (
    "On each data set the row with the lowest mean has rank 1. The average rank is the mean over "
    "data sets, ± the standard deviation."
)
DECOMPOSITION_NOTE = (
    "Here every model ran with every method of inference. So the differences of their scores have "
    "three parts: what the choice of the inference does, what the choice of the model does, and "
    "what neither does alone. A number is the size of a part: its root mean square over the models "
    "and methods. In brackets is the size that chance alone would give it. It takes account of the "
    "training rows that splits share (Nadeau & Bengio 2003)."
)
CONVERGENCE_NOTE = (
    "A dot is a split. It shows the largest R-hat of f(x) over the training rows. Chains right of "
    "the dashed line have not converged. Chains left of it may still fail another check."
)
TIME_NOTE = (
    "These are mean seconds per split. What is neither compiling nor the method's own run is under "
    '"other", such as prediction and scores. Splits of one shape share a compiled program.'
)
MISSING_NOTE = (
    "These cells of the suite have no result yet. The command bayesdrop run goes on with them."
)
SETTINGS_NOTE = (
    "These are all settings, with every default filled in. The source is a hash of bayesdrop's own "
    "files. Another processor rounds differently, so the last digits of a number can change there. "
    "More digits can change where chains had not converged."
)
APPENDIX_NOTE = (
    "Each test stands alone. Among many tests some small p-values are to be expected. The best row "
    "was picked by the same numbers, which makes its lead look larger than it is."
)
PAIRED_TEST_NOTE = (
    "Each row is compared with the best row on the same splits. The test is the corrected "
    'resampled t-test (Nadeau & Bengio 2003). The column "detectable" has the minimum detectable '
    "difference: so many splits find a true difference of that size in four of five cases. The "
    "splits can't tell smaller differences reliably."
)
RANK_TEST_NOTE = (
    "Friedman's test asks whether all rows are alike. Its p-value is by permutation within data "
    "sets. Nemenyi's test says that two rows differ at 5 % if their average ranks are apart by the "
    "critical difference."
)
SIGNED_RANK_NOTE = (
    "The Bayesian signed-rank test (Benavoli et al. 2017) is about a further data set like these. "
    "Is the row lower there, is the other, or are both practically equivalent? Equivalent means "
    "within 1 % of RMSE, or 0.01 nats per row of NLL. Each number is the posterior probability "
    "that this answer is the likeliest. The other row is the one with the best average rank."
)
PUBLISHED_NOTE = (
    "Published rows are as printed. Their splits or training differ from ours, so they are never "
    "ranked with our rows. The poster's ranks are among its own six rows on its seven data sets."
)
