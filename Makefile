# make help lists what there is.

PYTHON ?= python3
OUT ?= demo_out
venv_python := .venv/bin/python

# A sourced ROS installation or another environment must not reach into .venv.
unexport PYTHONPATH PYTHONHOME LD_LIBRARY_PATH AMENT_PREFIX_PATH RMW_IMPLEMENTATION \
  _ROS_WHEELS_BOOTSTRAP_COMPLETE

.DEFAULT_GOAL := help
.PHONY: help demo test lint clean distclean

help:
	@echo 'make demo                  play the demo bag through the node; results in $(OUT)/'
	@echo 'make demo IMAGE=photo.jpg  the same with your image; also a folder of images,'
	@echo '          VIDEO=file, BAG=folder (TOPIC=name, when it has several cameras)'
	@echo '          MODEL=name       another model: a hub id, a local folder, embedded'
	@echo '          OUT=folder       another folder for the results'
	@echo 'make test [ARGS=...]       all tests, linters included; ARGS goes to pytest'
	@echo 'make lint                  only the linters and the architecture rules'
	@echo 'make clean                 remove what building, testing and the demo left'
	@echo 'make distclean             also remove .venv'
	@echo 'PYTHON=/usr/bin/python3.12 chooses the Python that .venv is made with'

demo:
	@$(PYTHON) tools/bootstrap.py
	@$(venv_python) -m depth_seg_ros.ros.demo --out '$(OUT)' $(if $(IMAGE),--image '$(IMAGE)') \
	  $(if $(VIDEO),--video '$(VIDEO)') $(if $(BAG),--bag '$(BAG)') $(if $(TOPIC),--topic '$(TOPIC)') \
	  $(if $(MODEL),--model '$(MODEL)')

test:
	@$(PYTHON) tools/bootstrap.py --test
	@# Now and then Fast DDS never finds an endpoint; such a test runs again, which is reported.
	@$(venv_python) -m pytest --reruns 1 --only-rerun 'condition not met within' $(ARGS)

lint:
	@$(PYTHON) tools/bootstrap.py --test
	@$(venv_python) -m pytest -q test/test_lint.py test/test_architecture.py

clean:
	rm -rf build install log dist demo_out depth_seg_ros.egg-info
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv
