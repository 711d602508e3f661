"""Amazon SageMaker without containers: jobs and endpoints run the image's entry points as processes of this machine."""
