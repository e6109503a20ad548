using Google.Protobuf;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Discovery;

/// <summary>The OpenAPI version 2 document in its protobuf form (openapi.v2.Document of gnostic), which is the only one that kubectl reads.</summary>
/// <remarks>
/// It has a path for each resource, whose patch operation names the kind and the parameters dryRun and fieldValidation: by these
/// kubectl decides whether the server supports them. It has no definitions, see <see cref="OpenApiPages"/>.
/// </remarks>
internal static class OpenApiV2
{
    private static readonly string[] Parameters = ["dryRun", "fieldManager", "fieldValidation"];

    public static byte[] Write(ResourceCatalog catalog) => Message(output =>
    {
        // Document: swagger = 1, info = 2 { title = 1, version = 2 }, paths = 8 { path = 2 { name = 1, value = 2 } }
        Text(output, 1, "2.0");
        Nested(output, 2, info =>
        {
            Text(info, 1, "Kubernetes");
            Text(info, 2, ServerVersion.GitVersion);
        });
        Nested(output, 8, paths =>
        {
            foreach (var resource in catalog.Resources.Where(r => r.Stored))
            {
                Nested(paths, 2, path =>
                {
                    Text(path, 1, Path(resource));
                    // PathItem: patch = 8
                    Nested(path, 2, item => Nested(item, 8, operation => Operation(operation, resource)));
                });
            }
        });
    });

    private static string Path(ApiResource resource)
    {
        var root = resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.Group}/{resource.Version}";
        return $"{root}{(resource.Namespaced ? "/namespaces/{namespace}" : "")}/{resource.Plural}/{{name}}";
    }

    /// <summary>Operation: parameters = 8, vendor_extension = 13 { name = 1, value = 2 { yaml = 2 } }.</summary>
    private static void Operation(CodedOutputStream operation, ApiResource resource)
    {
        foreach (var name in Parameters)
        {
            // ParametersItem.parameter = 1, Parameter.non_body_parameter = 2, NonBodyParameter.query = 3 { in = 2, name = 4 }
            Nested(operation, 8, item => Nested(item, 1, parameter => Nested(parameter, 2, nonBody => Nested(nonBody, 3, query =>
            {
                Text(query, 2, "query");
                Text(query, 4, name);
            }))));
        }

        Nested(operation, 13, extension =>
        {
            Text(extension, 1, "x-kubernetes-group-version-kind");
            Nested(extension, 2, value => Text(value, 2, $"group: \"{resource.Group}\"\nkind: {resource.Kind}\nversion: {resource.Version}\n"));
        });
    }

    private static void Text(CodedOutputStream output, int number, string text)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    private static void Nested(CodedOutputStream output, int number, Action<CodedOutputStream> write)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(Message(write)));
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            write(output);
        }

        return buffer.ToArray();
    }
}
