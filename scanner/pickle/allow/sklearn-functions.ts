/** Functions that estimators keep as a reference (score functions, scorers); a pickle has no reason to call them. */
export const SKLEARN_REFERENCES: Readonly<Record<string, string>> = {
  'scipy._lib.array_api_compat.numpy._aliases': 'asarray',
  'sklearn.cluster._kmeans': '_kmeans_single_lloyd _kmeans_single_elkan',
  'sklearn.feature_extraction.text': 'strip_accents_ascii strip_accents_unicode strip_tags',
  'sklearn.feature_selection._mutual_info': 'mutual_info_classif mutual_info_regression',
  'sklearn.feature_selection._univariate_selection': 'chi2 f_classif f_oneway f_regression r_regression',
  'sklearn.metrics._classification':
    'accuracy_score balanced_accuracy_score brier_score_loss class_likelihood_ratios classification_report cohen_kappa_score confusion_matrix d2_brier_score d2_log_loss_score f1_score fbeta_score hamming_loss hinge_loss jaccard_score log_loss matthews_corrcoef multilabel_confusion_matrix precision_recall_fscore_support precision_score recall_score zero_one_loss',
  'sklearn.metrics._dist_metrics': 'get_valid_metric_ids',
  'sklearn.metrics._pairwise_distances_reduction._dispatcher': 'sqeuclidean_row_norms',
  'sklearn.metrics._ranking':
    'auc average_precision_score confusion_matrix_at_thresholds coverage_error dcg_score det_curve label_ranking_average_precision_score label_ranking_loss metric_at_thresholds ndcg_score precision_recall_curve roc_auc_score roc_curve top_k_accuracy_score',
  'sklearn.metrics._regression':
    'd2_absolute_error_score d2_pinball_score d2_tweedie_score explained_variance_score max_error mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss mean_poisson_deviance mean_squared_error mean_squared_log_error mean_tweedie_deviance median_absolute_error r2_score root_mean_squared_error root_mean_squared_log_error',
  'sklearn.metrics._scorer':
    'accuracy_scorer adjusted_mutual_info_scorer adjusted_rand_scorer average_precision_scorer balanced_accuracy_scorer brier_score_loss_scorer check_scoring completeness_scorer d2_absolute_error_scorer d2_brier_score_scorer d2_log_loss_scorer explained_variance_scorer fowlkes_mallows_scorer get_scorer get_scorer_names homogeneity_scorer make_scorer matthews_corrcoef_scorer mutual_info_scorer neg_brier_score_scorer neg_log_loss_scorer neg_max_error_scorer neg_mean_absolute_error_scorer neg_mean_absolute_percentage_error_scorer neg_mean_gamma_deviance_scorer neg_mean_poisson_deviance_scorer neg_mean_squared_error_scorer neg_mean_squared_log_error_scorer neg_median_absolute_error_scorer neg_negative_likelihood_ratio_scorer neg_root_mean_squared_error_scorer neg_root_mean_squared_log_error_scorer negative_likelihood_ratio normalized_mutual_info_scorer positive_likelihood_ratio positive_likelihood_ratio_scorer r2_scorer rand_scorer roc_auc_ovo_scorer roc_auc_ovo_weighted_scorer roc_auc_ovr_scorer roc_auc_ovr_weighted_scorer roc_auc_scorer top_k_accuracy_scorer v_measure_scorer',
  'sklearn.metrics.cluster._bicluster': 'consensus_score',
  'sklearn.metrics.cluster._expected_mutual_info_fast': 'expected_mutual_information',
  'sklearn.metrics.cluster._supervised':
    'adjusted_mutual_info_score adjusted_rand_score check_clusterings completeness_score contingency_matrix entropy fowlkes_mallows_score homogeneity_completeness_v_measure homogeneity_score mutual_info_score normalized_mutual_info_score pair_confusion_matrix rand_score v_measure_score',
  'sklearn.metrics.cluster._unsupervised':
    'calinski_harabasz_score check_number_of_labels davies_bouldin_score silhouette_samples silhouette_score',
  'sklearn.metrics.pairwise':
    'additive_chi2_kernel check_paired_arrays check_pairwise_arrays chi2_kernel cosine_distances cosine_similarity distance_metrics euclidean_distances haversine_distances kernel_metrics laplacian_kernel linear_kernel manhattan_distances nan_euclidean_distances paired_cosine_distances paired_distances paired_euclidean_distances paired_manhattan_distances pairwise_distances pairwise_distances_argmin pairwise_distances_argmin_min pairwise_distances_chunked pairwise_kernels polynomial_kernel rbf_kernel sigmoid_kernel',
  'sklearn.preprocessing._data':
    'add_dummy_feature binarize maxabs_scale minmax_scale normalize power_transform quantile_transform robust_scale scale',
  'sklearn.preprocessing._label': 'label_binarize',
};
