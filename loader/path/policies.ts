import { ModelsealError } from '../../core/errors/index.js';
import { type Certificate, Oid } from '../../core/x509/index.js';
import { MAX_POLICIES } from './limits.js';

/** Inputs (c) and (e) to (g) of RFC 5280 §6.1.1. */
export interface PolicyInputs {
  /** Policies that the caller accepts; undefined is any-policy. */
  readonly policySet: readonly string[] | undefined;
  readonly explicitPolicy: boolean;
  readonly inhibitPolicyMapping: boolean;
  readonly inhibitAnyPolicy: boolean;
}

/** Outputs of RFC 5280 §6.1.6. */
export interface PolicyOutputs {
  /** Policies that hold for the whole path, in the domain of the anchor; `anyPolicy` by its identifier. */
  readonly authorityPolicies: readonly string[];
  /** Those of them that the caller accepts. */
  readonly userPolicies: readonly string[];
}

interface Node {
  readonly policy: string;
  expected: ReadonlySet<string>;
  readonly parents: ReadonlySet<Node>;
}

type Level = Map<string, Node>;

/**
 * Certificate policies along a path (RFC 5280 §6.1.2 to §6.1.5) on the graph of RFC 9618 §5: one node per policy and
 * level, where the tree of RFC 5280 grows exponentially with mappings.
 */
export class PolicyState {
  readonly #inputs: PolicyInputs;
  /** Levels 0 to i of the valid_policy_graph; undefined when it is NULL. */
  #graph: Level[] | undefined;
  #explicit: number;
  #mapping: number;
  #any: number;

  /** @param length Certificates in the path (n). */
  constructor(inputs: PolicyInputs, length: number) {
    this.#inputs = inputs;
    const root: Node = { policy: Oid.anyPolicy, expected: new Set([Oid.anyPolicy]), parents: new Set() };
    this.#graph = [new Map([[Oid.anyPolicy, root]])];
    this.#explicit = inputs.explicitPolicy ? 0 : length + 1;
    this.#mapping = inputs.inhibitPolicyMapping ? 0 : length + 1;
    this.#any = inputs.inhibitAnyPolicy ? 0 : length + 1;
  }

  /** The constraints that an anchor's certificate puts on the path below it (RFC 5937 §3). */
  constrain(anchor: Certificate): void {
    this.#applyConstraints(anchor);
  }

  /**
   * §6.1.3 (d) to (f).
   *
   * @throws {ModelsealError} `ERR_PATH_POLICY`, `ERR_PATH_BUDGET_POLICIES`
   */
  process(certificate: Certificate, last: boolean): void {
    const policies = certificate.certificatePolicies?.policies;
    if (policies) this.#bound(policies.length, certificate);
    if (!policies) {
      this.#graph = undefined;
    } else if (this.#graph) {
      const anyAllowed = this.#any > 0 || (!last && certificate.isSelfIssued);
      this.#extend(this.#graph, new Set(policies), anyAllowed);
    }
    if (this.#explicit === 0 && !this.#graph) throw policyError(certificate);
  }

  #extend(graph: Level[], policies: ReadonlySet<string>, anyAllowed: boolean): void {
    const above = graph[graph.length - 1] as Level;
    const expectedBy = new Map<string, Set<Node>>();
    for (const node of above.values()) {
      for (const policy of node.expected) {
        const nodes = expectedBy.get(policy);
        if (nodes) nodes.add(node);
        else expectedBy.set(policy, new Set([node]));
      }
    }
    const level: Level = new Map();
    const add = (policy: string, parents: ReadonlySet<Node>): void => {
      level.set(policy, { policy, expected: new Set([policy]), parents });
    };
    const anyNode = above.get(Oid.anyPolicy);
    for (const policy of policies) {
      if (policy === Oid.anyPolicy) continue;
      const parents = expectedBy.get(policy) ?? (anyNode && new Set([anyNode]));
      if (parents) add(policy, parents);
    }
    if (policies.has(Oid.anyPolicy) && anyAllowed) {
      for (const [policy, parents] of expectedBy) if (!level.has(policy)) add(policy, parents);
    }
    graph.push(level);
    this.#prune();
  }

  /** Removes nodes without children, from the last level but one upwards; an empty graph is NULL. */
  #prune(): void {
    const graph = this.#graph as Level[];
    for (let i = graph.length - 1; i > 0; i--) {
      const wanted = new Set<Node>();
      for (const node of (graph[i] as Level).values()) for (const parent of node.parents) wanted.add(parent);
      const above = graph[i - 1] as Level;
      for (const node of above.values()) if (!wanted.has(node)) above.delete(node.policy);
    }
    if ((graph[0] as Level).size === 0) this.#graph = undefined;
  }

  /**
   * §6.1.4 (a), (b), (h) to (j): before the next certificate.
   *
   * @throws {ModelsealError} `ERR_PATH_POLICY_MAPPING`, `ERR_PATH_BUDGET_POLICIES`
   */
  prepareNext(certificate: Certificate): void {
    const mappings = certificate.policyMappings;
    if (mappings) {
      this.#bound(mappings.length, certificate);
      const targets = new Map<string, Set<string>>();
      for (const { issuerDomain, subjectDomain } of mappings) {
        if (issuerDomain === Oid.anyPolicy || subjectDomain === Oid.anyPolicy) {
          throw new ModelsealError('ERR_PATH_POLICY_MAPPING', { certificate: certificate.label });
        }
        const known = targets.get(issuerDomain);
        if (known) known.add(subjectDomain);
        else targets.set(issuerDomain, new Set([subjectDomain]));
      }
      if (this.#graph) this.#map(this.#graph, targets);
    }
    if (!certificate.isSelfIssued) {
      if (this.#explicit > 0) this.#explicit--;
      if (this.#mapping > 0) this.#mapping--;
      if (this.#any > 0) this.#any--;
    }
    this.#applyConstraints(certificate);
  }

  #map(graph: Level[], targets: ReadonlyMap<string, ReadonlySet<string>>): void {
    const level = graph[graph.length - 1] as Level;
    for (const [policy, expected] of targets) {
      const node = level.get(policy);
      if (this.#mapping === 0) {
        level.delete(policy);
      } else if (node) {
        node.expected = expected;
      } else {
        const parents = level.get(Oid.anyPolicy)?.parents;
        if (parents) level.set(policy, { policy, expected, parents });
      }
    }
    if (this.#mapping === 0) this.#prune();
  }

  #applyConstraints(certificate: Certificate): void {
    const constraints = certificate.policyConstraints;
    this.#explicit = Math.min(this.#explicit, constraints?.requireExplicitPolicy ?? this.#explicit);
    this.#mapping = Math.min(this.#mapping, constraints?.inhibitPolicyMapping ?? this.#mapping);
    this.#any = Math.min(this.#any, certificate.inhibitAnyPolicy ?? this.#any);
  }

  /**
   * §6.1.5 (a), (b), (g): after the last certificate.
   *
   * @throws {ModelsealError} `ERR_PATH_POLICY`
   */
  wrapUp(leaf: Certificate): PolicyOutputs {
    if (this.#explicit > 0) this.#explicit--;
    if (leaf.policyConstraints?.requireExplicitPolicy === 0) this.#explicit = 0;
    const authority = this.#authorityPolicies();
    const { policySet } = this.#inputs;
    const accepted = policySet === undefined || policySet.includes(Oid.anyPolicy) ? undefined : policySet;
    let user = [...authority];
    if (accepted) {
      user = authority.has(Oid.anyPolicy)
        ? [...accepted]
        : user.filter((policy) => accepted.includes(policy));
    }
    if (this.#explicit === 0 && user.length === 0) throw policyError(leaf);
    return { authorityPolicies: [...authority], userPolicies: user };
  }

  /** Policies of nodes that hang below anyPolicy and reach the last level: the domain of the anchor. */
  #authorityPolicies(): ReadonlySet<string> {
    const policies = new Set<string>();
    if (!this.#graph) return policies;
    // Pruning has left only nodes that reach the last level.
    const last = this.#graph.length - 1;
    for (const [i, level] of this.#graph.entries()) {
      for (const node of level.values()) {
        if (node.policy === Oid.anyPolicy) {
          if (i === last) policies.add(Oid.anyPolicy);
        } else if ([...node.parents].some((parent) => parent.policy === Oid.anyPolicy)) {
          policies.add(node.policy);
        }
      }
    }
    return policies;
  }

  #bound(count: number, certificate: Certificate): void {
    if (count > MAX_POLICIES) {
      throw new ModelsealError('ERR_PATH_BUDGET_POLICIES', {
        certificate: certificate.label,
        limit: MAX_POLICIES,
      });
    }
  }
}

function policyError(certificate: Certificate): ModelsealError {
  return new ModelsealError('ERR_PATH_POLICY', { certificate: certificate.label });
}
