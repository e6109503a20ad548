using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Tables;

/// <summary>The columns that a CustomResourceDefinition asks for in additionalPrinterColumns.</summary>
internal static class CustomColumns
{
    public static IReadOnlyList<TableColumn> Compile(JsonElement columns)
    {
        if (columns.ValueKind != JsonValueKind.Array || columns.GetArrayLength() == 0)
        {
            return [PrinterColumns.Name, PrinterColumns.Age];
        }

        var result = new List<TableColumn> { PrinterColumns.Name };
        foreach (var column in columns.EnumerateArray())
        {
            var path = SimplePath.Parse(column.Text("jsonPath") ?? "");
            var type = column.Text("type") ?? "string";
            result.Add(new TableColumn(column.Text("name") ?? "", type, (int)(column.Number("priority") ?? 0), (o, now) => Cell(path, type, o, now))
            {
                Format = column.Text("format") ?? "",
                Description = column.Text("description") ?? "",
            });
        }

        return result;
    }

    private static JsonNode? Cell(SimplePath path, string type, JsonElement obj, DateTimeOffset now)
    {
        var values = path.Select(obj).ToList();
        return values switch
        {
            [] => null,
            [var date] when type == "date" => HumanDuration.Since(date.ToString(), now),
            [{ ValueKind: JsonValueKind.Number } number] when type is "integer" or "number" => JsonNode.Parse(number.GetRawText()),
            [{ ValueKind: JsonValueKind.True or JsonValueKind.False } flag] when type == "boolean" => flag.GetBoolean(),
            [{ ValueKind: JsonValueKind.String } text] => text.GetString(),
            [var one] => one.GetRawText(),
            _ => string.Join(',', values.Select(v => v.ToString())),
        };
    }
}
