/* broyden.h -- made by tests/golden/broyden.py. */
/* 0 halvings, <s, H y> at least 0.56 |s|^2 */
static const double broyden_tridiagonal[6] = {
    -0.56859354600801,  -0.676256161240687, -0.68721819375363,
    -0.664937236338515, -0.595898685755231, -0.416390725641906,
};
/* 3 halvings, <s, H y> at least 0.81 |s|^2 */
static const double broyden_bent[6] = {
    0.0504942658756022, 0.050478338129643,  0.0504821568105711,
    0.0504721209356696, 0.0504762939808297, 0.050483076845595,
};
/* 15 halvings, <s, H y> at least 0.0071 |s|^2 */
static const double broyden_turned[6] = {
    0.771845469825713, 1.09704773963122, 1.4236789294252,
    2.19257442857253,  2.66874078709536, 3.14565463196057,
};
