"""The explainer network: a layer's channels disentangled into object parts, without any annotation.

Q. Zhang, Y. Yang, Y. Liu, Y. N. Wu, S.-C. Zhu: Unsupervised Learning of Neural Networks to Explain Neural Networks,
arXiv:1805.07468, 2018. x: the map of a filter on a picture, n x n; T: one of n^2 + 1 templates; X: a fixed set of maps.

    Loss = sum_l lambda_l ||x_l - x*_l||^2 - eta log p + sum_f lambda_f Loss_f(x_f)                (1)  training.py
    Loss_f = -MI(X; T) = -sum_T p(T) sum_x p(x|T) log [p(x|T) / p(x)]                              (2)  filter_loss.py
    p(x|T) = exp(tr(x T)) / Z_T, Z_T = sum_x exp(tr(x T)), tr(x T) = sum_ij x_ij T_ij
    T_mu(i, j) = tau max(1 - beta ||(i, j) - mu||_1 / n, -1), T- = -tau                                 templates.py

anatomy.py finds the layers of the performer that an explainer is attached to, network.py is the explainer, features.py
what it is trained on. Of a trained one, looking.py says where filters peak and what is reconstructed, contributions.py
what each filter gives to a class's score and Grad-CAM on it, receptive.py what it looks at in pictures. packing.py
makes arrays of it, shipped.py keeps those of embedded networks.
"""
