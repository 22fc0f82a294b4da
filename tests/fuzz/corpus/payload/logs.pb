
*
x@blackbar.example