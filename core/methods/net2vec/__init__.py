"""Net2Vec: concepts as directions in the space of a layer's filters.

R. Fong, A. Vedaldi: Net2Vec: Quantifying and Explaining how Concepts are Encoded by Filters in Deep Neural Networks,
CVPR 2018. a_k: filter k of a layer on a picture x; T_k: the value that 0.5 % of all its values exceed; S: bilinear
upsampling to the size of the concept's mask L_c; X_sc: the pictures of split s that contain concept c.

    IoU_set(c; M_k, s) = sum_x |M_k & L_c| / sum_x |M_k | L_c|, x in X_sc, M_k = S(a_k > T_k)     (1)  tables.py
    M(x; w) = sigmoid(sum_k w_k [a_k > T_k]), predicted where M > 1/2                             (2)  segmentation.py
    IoU_ind(x, c; M) = |M & L_c| / |M | L_c|                                                      (3)  segmentation.py
    L = -1/N sum_x alpha M L_c + (1 - alpha) (1 - M) (1 - L_c), alpha = 1 - mean share of L_c     (4)  segmentation.py
    f(x; w, b) = sigmoid(b + sum_k w_k mean a_k)                                                  (5)  classification.py

pool.py chooses the pictures, masks.py draws what is in them, firing.py reads a layer in one pass, dissection.py puts
together what follows from the three.
"""
