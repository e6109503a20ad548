using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.CustomResources;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Schema;
using Lateen.Sandbox.Api.Serving;

namespace Lateen.Sandbox.Api.Validation;

/// <summary>Finds fields that the kind does not have, and refuses, warns or keeps silent as the request asks.</summary>
/// <remarks>Kubernetes API concepts, "Validation for unrecognized or duplicate fields". Unknown fields are dropped in any case.</remarks>
internal static class UnknownFields
{
    public static void Check(ApiRequest request, JsonObject obj)
    {
        var resource = request.Resource;
        var unknown = Find(resource, obj);
        if (unknown.Count == 0 || request.FieldValidation == "Ignore")
        {
            return;
        }

        var problems = unknown.Select(path => $"unknown field \"{path}\"").ToList();
        if (request.FieldValidation == "Strict")
        {
            throw ApiException.BadRequest(
                $"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: strict decoding error: {string.Join(", ", problems)}");
        }

        request.Warnings.AddRange(problems);
    }

    private static IReadOnlyList<string> Find(ApiResource resource, JsonObject obj)
    {
        if (resource.Custom is { } custom)
        {
            return custom is { PreserveUnknownFields: false, Schema.ValueKind: JsonValueKind.Object } ? SchemaPruning.Prune(obj, custom.Schema) : [];
        }

        try
        {
            return FieldTable.BuiltIn.MessageOf(resource.Group, resource.Version, resource.Kind) is { } message ? FieldCheck.Prune(obj, message) : [];
        }
        catch (FormatException problem)
        {
            throw ApiException.BadRequest($"{resource.Kind} in version \"{resource.Version}\" cannot be handled as a {resource.Kind}: {problem.Message}");
        }
    }
}
