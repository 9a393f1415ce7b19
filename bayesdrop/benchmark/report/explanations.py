"""What a report says beside its numbers."""

HOW_TO_READ = (
    "± is the standard error over splits, *sd* their standard deviation. All scores are in the "
    "target's original units and of the mixture over draws. RMSE and MAE are of the predictive "
    "mean. *MAE per draw* is the mean absolute error of single draws, which some published tables "
    'call "RMSE". *max R-hat f(x)* is the largest over training rows and splits. *rows > 1.05* is '
    "the mean share of rows above 1.05. A method without chains has – there. Chains have converged "
    "if they pass these checks at the training rows. R-hat is at most 1.05 and the effective "
    "sample size at least 100, of f(x), of all other parameters of the likelihood and of the log "
    "joint. Few draws diverge, few trees are full, and few chains are left out. Other rows say "
    "*not converged*. Rows that say *old verdict* were judged by R-hat of f(x) at test rows alone, "
    "which they also show. Rows of which chains ran away say *chains left out*. *diverg.* is the "
    "sum of divergent draws over splits and chains. A draw of MCLMC counts if more than a tenth of "
    "its steps were refused; in old verdicts it counts if any was. *s / split* is the wall time, "
    "compilation included. The same work takes another time on other processors or among more "
    "processes, which are named at the end. *accuracy* is that of the most probable class, and "
    "*ECE* the expected calibration error (Guo et al. 2017). Splits share training rows: standard "
    "errors over them are too small to compare rows by; the paired tests correct for it."
)
TIME_NOTE = (
    "Mean seconds per split: compiling, the method's own run, and everything else (data, "
    "prediction, scores, diagnostics). Splits of one shape share a compiled program."
)
PAIRED_TEST_NOTE = (
    "Differences to the row of the best mean, paired over splits, by the corrected resampled "
    "t-test (Nadeau & Bengio 2003). The best was picked by the same numbers, and p is of each "
    "test alone: among many rows small ones are to be expected."
)
CROSS_DATASET_NOTE = (
    "The table has mean ± standard error over splits, whose number is in the head. ° says that "
    "some of a row's chains had not converged. † says that chains that ran away are left out. (n "
    "splits) says that a row has not the splits of the others. The best of the rows that have all "
    "splits is in bold. The largest R-hat, the mean share of rows and the divergences are over all "
    "data sets."
)
PUBLISHED_NOTE = (
    "Published rows are grey or in italics below ours. They are as printed and never enter a rank, "
    "because their splits or training are others. ‡ is not an RMSE but the mean absolute error of "
    "single draws ± standard deviation. The poster's ranks are among its six columns on its seven "
    "sets."
)
SIGNED_RANK_NOTE = (
    "The Bayesian signed-rank test (Benavoli et al. 2017) asks of a data set like these: is one "
    "row lower, is the other, or are both practically equivalent? Equivalent is within 1 % of RMSE "
    "and 0.01 nats per row of NLL. Each number is the posterior probability, from 10,000 draws, "
    "that this is the likeliest of the three. Rows are compared with that of the best average rank:"
)
