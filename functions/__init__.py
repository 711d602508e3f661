"""What answers and acts: one folder per Lambda function, each handler -> logic -> storage. Never an ML library."""
