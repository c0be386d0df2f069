# Rscript bench/surveillance.R IN.csv OUT.csv FIRST [METHOD...]: judges weekly series (one per column, header; no dates)
# from row FIRST on with R's package surveillance. OUT: method,series,row,expected,upper,alarm (rows from 1).
suppressMessages(library(surveillance))
arguments <- commandArgs(trailingOnly = TRUE)
counts <- as.matrix(read.csv(arguments[1], check.names = FALSE))
range <- as.integer(arguments[3]):nrow(counts)
methods <- arguments[-(1:3)]
flexible <- list(range = range, b = 5, w = 3, reweight = TRUE, weightsThreshold = 2.58, alpha = .005, trend = TRUE,
                 pThresholdTrend = 1, limit54 = c(5, 4), noPeriods = 10, pastWeeksNotIncluded = 26,
                 thresholdMethod = "nbPlugin", glmWarnings = FALSE)
original <- list(range = range, b = 5, w = 3, reweight = TRUE, alpha = .01, trend = TRUE, limit54 = c(5, 4),
                 powertrans = "2/3")
ears <- function(method, alpha) function(series) {
  earsC(series, list(range = range, method = method, baseline = 7, minSigma = .5, alpha = alpha))
}
judges <- list(
  farrington_flexible = function(series) suppressWarnings(farringtonFlexible(series, flexible)),
  farrington_1996 = function(series) suppressWarnings(farrington(series, original)),
  ears_c1 = ears("C1", .001), ears_c2 = ears("C2", .001), ears_c3 = ears("C3", .025))
one <- function(method, name) {
  series <- sts(observed = matrix(counts[, name], ncol = 1), frequency = 52)
  judged <- judges[[method]](series)
  expected <- if (is.null(judged@control$expected)) NA else as.vector(judged@control$expected)
  data.frame(method, series = name, row = range, expected = expected, upper = as.vector(upperbound(judged)),
             alarm = as.integer(as.vector(alarms(judged))))
}
if (length(methods) == 0) methods <- names(judges)
rows <- do.call(rbind, unlist(lapply(methods, function(method)
  lapply(colnames(counts), function(name) one(method, name))), recursive = FALSE))
rows$expected <- format(rows$expected, digits = 12, trim = TRUE)
rows$upper <- format(rows$upper, digits = 12, trim = TRUE)
write.csv(rows, arguments[2], row.names = FALSE, quote = FALSE)
