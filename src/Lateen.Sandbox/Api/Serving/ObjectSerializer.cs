using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Tables;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Writes stored objects in the served version and in the form the client asked for.</summary>
internal sealed class ObjectSerializer(ApiResource resource, ResponseShape shape, string includeObject, DateTimeOffset now)
{
    /// <summary>One object: itself, its metadata, or a table of one row.</summary>
    public void WriteObject(IBufferWriter<byte> output, StoredObject obj, bool withColumns = true)
    {
        switch (shape.Kind)
        {
            case ShapeKind.Table:
                output.Write(ObjectJson.SerializeNode(Table([obj], obj.Root.Text("metadata", "resourceVersion") ?? "", withColumns)));
                break;
            case ShapeKind.PartialMetadata:
                output.Write(ObjectJson.SerializeNode(Partial(obj)));
                break;
            default:
                WriteServed(output, obj);
                break;
        }
    }

    /// <summary>A list, or the table of its objects.</summary>
    public void WriteList(IBufferWriter<byte> output, IReadOnlyList<StoredObject> items, JsonObject listMetadata)
    {
        if (shape.Kind == ShapeKind.Table)
        {
            var table = Table(items, "", withColumns: true);
            table["metadata"] = listMetadata;
            output.Write(ObjectJson.SerializeNode(table));
            return;
        }

        var (kind, version) = shape.Kind == ShapeKind.PartialMetadata
            ? ("PartialObjectMetadataList", shape.ApiVersion)
            : (resource.ListKind, resource.ApiVersion);
        Text(output, $"{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":");
        output.Write(ObjectJson.SerializeNode(listMetadata));
        Text(output, ",\"items\":[");
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
            {
                Text(output, ",");
            }

            WriteObject(output, items[i]);
        }

        Text(output, "]}");
    }

    /// <summary>The stored bytes, with the version that the path names in place of the stored one.</summary>
    private void WriteServed(IBufferWriter<byte> output, StoredObject obj)
    {
        if (obj.Root.Text("apiVersion") is not { } stored || stored == resource.ApiVersion)
        {
            output.Write(obj.Json.Span);
            return;
        }

        // Custom resources without a conversion webhook differ between versions in apiVersion only (strategy None).
        var prefix = Encoding.UTF8.GetByteCount($"{{\"apiVersion\":\"{stored}\"");
        Text(output, $"{{\"apiVersion\":\"{resource.ApiVersion}\"");
        output.Write(obj.Json.Span[prefix..]);
    }

    private JsonObject Table(IReadOnlyList<StoredObject> items, string version, bool withColumns)
    {
        var columns = PrinterColumns.For(resource);
        var rows = new JsonArray();
        foreach (var item in items)
        {
            var row = new JsonObject
            {
                ["cells"] = new JsonArray([.. columns.Select(c => c.Cell(item.Root, now))]),
            };
            if (includeObject != "None")
            {
                row["object"] = includeObject == "Object" ? Served(item) : Partial(item);
            }

            rows.Add((JsonNode)row);
        }

        var table = new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = shape.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = version },
            ["columnDefinitions"] = withColumns ? new JsonArray([.. columns.Select(c => (JsonNode)c.Definition())]) : [],
            ["rows"] = rows,
        };
        return table;
    }

    private JsonObject Served(StoredObject obj)
    {
        var copy = ObjectJson.Thaw(obj);
        copy["apiVersion"] = resource.ApiVersion;
        return copy;
    }

    private JsonObject Partial(StoredObject obj) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = shape.ApiVersion.Length > 0 ? shape.ApiVersion : "meta.k8s.io/v1",
        ["metadata"] = JsonObject.Create(obj.Root.GetProperty("metadata")),
    };

    private static void Text(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
