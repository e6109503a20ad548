namespace Lateen.Conformance.Families;

/// <summary>Family `bootstrap`: files that start an Envoy.</summary>
public sealed class Bootstrap : IConformanceFamily
{
    public string Name => "bootstrap";

    public CaseResult Run(ConformanceCase conformanceCase) =>
        CaseResult.Skipped("there is no Envoy to start: the agent hosts the data plane and hands its options over in the process");
}
