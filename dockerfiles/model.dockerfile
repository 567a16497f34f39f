# A registered model in the image that serves it: one layer of files on the serving image of the model's own commit.
#
# Built by `inv model-image NAME@VERSION` in the folder that `winnow pull-model` filled and checked. The bundle, which
# only training needs, stays out; the service checks the rest against attestation.json before it loads anything.
ARG SERVE
FROM ${SERVE}
COPY attestation.json /models/
COPY onnx /models/onnx
