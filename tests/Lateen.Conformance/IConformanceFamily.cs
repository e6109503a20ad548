namespace Lateen.Conformance;

/// <summary>Runs the cases of one corpus family. An exception that escapes <see cref="Run"/> counts as a failed case.</summary>
public interface IConformanceFamily
{
    /// <summary>The name of the family's folder in the corpus.</summary>
    string Name { get; }

    /// <summary>Runs one case. Pure: no state is kept between cases.</summary>
    CaseResult Run(ConformanceCase conformanceCase);
}
