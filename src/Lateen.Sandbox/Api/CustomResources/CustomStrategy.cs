using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.CustomResources;

/// <summary>Custom resources: defaults and rules come from the schema of the definition's version.</summary>
internal sealed class CustomStrategy(ApiResource resource) : PlainStrategy(resource)
{
    public override void Default(JsonObject obj) => SchemaDefaults.Apply(obj, Resource.Custom!.Schema);

    public override void Validate(JsonObject obj, JsonObject? old, CauseList causes) => SchemaRules.Validate(obj, Resource.Custom!.Schema, causes);
}
