using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>An EnvoyFilter with its patches parsed.</summary>
/// <param name="Problems">The patches that were left out, and why.</param>
internal sealed record CompiledEnvoyFilter(EnvoyFilterConfig Config, EquatableArray<EnvoyPatch> Patches, EquatableArray<ModelProblem> Problems);

/// <summary>All EnvoyFilters of a mesh: parsed once, not once per proxy.</summary>
/// <param name="Filters">By priority, then the oldest first.</param>
internal sealed record CompiledEnvoyFilters(EquatableArray<CompiledEnvoyFilter> Filters)
{
    public static CompiledEnvoyFilters Of(MeshIndex index) => index.Derived(static source => new CompiledEnvoyFilters(
        source.EnvoyFilters.OrderBy(f => f.Priority).Select(EnvoyPatchCompiler.Compile).ToEquatableArray()));
}
