"""What a report says beside its numbers."""

HOW_TO_READ = (
    "± is the standard error over splits, *sd* their standard deviation. All scores are in the "
    "target's original units and of the mixture over draws; RMSE and MAE are of the predictive "
    "mean. *MAE per draw* is the mean absolute error of single draws, which some published tables "
    'call "RMSE". *max R-hat f(x)* is the largest over training rows and splits, *rows > 1.05* '
    "the mean share of rows above 1.05; – where a method has no chains. Chains have converged if "
    "R-hat of f(x), of all other parameters of the likelihood and of the log joint is at most "
    "1.05 and their effective sample sizes are at least 100 at the training rows, few draws "
    "diverge, few trees are full and few chains are left out; other rows say *not converged*. "
    "Rows that say *old verdict* were judged by R-hat of f(x) at test rows alone, which they also "
    "show. Those of which chains ran away say *chains left out*. *diverg.* is the sum over splits "
    "and chains of divergent draws (of MCLMC: of draws of whose steps more than a tenth were "
    "refused, in old verdicts any). *s / split* is the wall time, compilation included; the same "
    "work takes another on other processors or among more processes, which are named at the end. "
    "Of classes, *accuracy* is that of the most probable class, and *ECE* the expected "
    "calibration error (Guo et al. 2017). Splits share training rows: standard errors over them "
    "are too small to compare rows by; the paired tests correct for it."
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
    "Mean ± standard error over splits, whose number is in the head; ° some of its chains had not "
    "converged; † chains that ran away are left out; (n splits): not those of the "
    "others. Best of the rows that have all splits in bold; largest R-hat, mean share of rows "
    "and divergences over all data sets."
)
PUBLISHED_NOTE = (
    "Published rows, grey or in italics below ours, are as printed and never enter a rank: other "
    "splits or training, and ‡ not an RMSE but the mean absolute error of single draws ± standard "
    "deviation; the poster's ranks are among its six columns on its seven sets."
)
SIGNED_RANK_NOTE = (
    "Bayesian signed-rank test (Benavoli et al. 2017): on a data set like these, a row is lower "
    "than the other, or both are practically equivalent, which is within 1 % of RMSE and 0.01 nats "
    "per row of NLL, or the other is lower. Each number is the posterior probability, from 10,000 "
    "draws, that this is the likeliest of the three; against the row of the best average rank:"
)
