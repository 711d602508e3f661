"""The lake in Glue's catalog, so that Athena reads the very files that training reads, without a crawler."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from commerce.schema import Table
from commerce.tables import TABLES

# Glue (Hive) names of the lake's column types.
_TYPES = {
    "string": "string",
    "int64": "bigint",
    "float64": "double",
    "decimal(18,4)": "decimal(18,4)",
    "timestamp": "timestamp",
    "date": "date",
    "bool": "boolean",
    "json": "string",
}
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def _table_input(table: Table, location: str) -> glue.CfnTable.TableInputProperty:
    # Partition projection computes the partitions from the day's range instead of a list that someone must keep.
    # https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html
    projection = {
        "classification": "parquet",
        "EXTERNAL": "TRUE",
        "projection.enabled": "true",
        "projection.dt.type": "date",
        "projection.dt.format": "yyyy-MM-dd",
        "projection.dt.range": "2005-01-01,NOW+1DAYS",
        "projection.dt.interval": "1",
        "projection.dt.interval.unit": "DAYS",
        "storage.location.template": f"{location}dt=${{dt}}/",
    }
    columns = [
        glue.CfnTable.ColumnProperty(
            name=c.name, type=_TYPES[c.type], comment=f"{c.doc} ({c.unit})" if c.unit else c.doc
        )
        for c in table.columns
    ]
    return glue.CfnTable.TableInputProperty(
        name=table.name,
        description=table.doc,
        table_type="EXTERNAL_TABLE",
        parameters=projection,
        partition_keys=[glue.CfnTable.ColumnProperty(name="dt", type="string", comment="UTC day, YYYY-MM-DD")],
        storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
            columns=columns,
            location=location,
            input_format=f"{_PARQUET}.MapredParquetInputFormat",
            output_format=f"{_PARQUET}.MapredParquetOutputFormat",
            serde_info=glue.CfnTable.SerdeInfoProperty(
                serialization_library=f"{_PARQUET}.serde.ParquetHiveSerDe", parameters={"serialization.format": "1"}
            ),
        ),
    )


class Catalog(Construct):
    """Glue database with the lake's tables, and an Athena work group whose results stay in the lake bucket."""

    def __init__(self, scope: Construct, id_: str, *, name: str, lake: s3.Bucket, key: kms.Key) -> None:
        super().__init__(scope, id_)
        account = cdk.Stack.of(self).account
        # Glue and Athena speak SQL names: underscores, no hyphens.
        self.database_name = name.replace("-", "_")
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database_name, description="What the shop remembers"
            ),
        )
        for table in TABLES.values():
            location = f"s3://{lake.bucket_name}/lake/{table.name}/"
            glue.CfnTable(
                self,
                table.name.title().replace("_", ""),
                catalog_id=account,
                database_name=self.database_name,
                table_input=_table_input(table, location),
            ).node.add_dependency(database)
        self.work_group = athena.CfnWorkGroup(
            self,
            "WorkGroup",
            name=name,
            description="Questions to the lake",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{lake.bucket_name}/athena/",
                    encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                        encryption_option="SSE_KMS", kms_key=key.key_arn
                    ),
                ),
            ),
        )
