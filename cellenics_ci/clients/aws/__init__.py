"""AWS: IAM users and their keys, STS, ECR's token. Fulfils what the features ask for, in model types."""
